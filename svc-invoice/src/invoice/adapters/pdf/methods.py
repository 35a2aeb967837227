"""Ways to pay as a person knows them: ``Visa …4242``, ``PayPal``, ``bank transfer``."""

from typing import Final

from invoice.domain.content import PaymentFacts
from invoice.languages import N_, Language

_BRANDS: Final = {
    "amex": "American Express",
    "american express": "American Express",
    "american_express": "American Express",
    "bancontact": "Bancontact",
    "cartasi": "CartaSi",
    "cartebancaire": "Carte Bancaire",
    "cartes_bancaires": "Cartes Bancaires",
    "dankort": "Dankort",
    "diners": "Diners Club",
    "diners_club": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "elo": "Elo",
    "girocard": "girocard",
    "interac": "Interac",
    "jcb": "JCB",
    "laser": "Laser",
    "link": "Link",
    "maestro": "Maestro",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
    "visa_debit": "Visa Debit",
    "vpay": "V PAY",
}
# Names of methods that are the same in every language.
_NAMES: Final = {
    "acss_debit": "Canadian PAD",
    "affirm": "Affirm",
    "afterpay_clearpay": "Afterpay",
    "alipay": "Alipay",
    "alma": "Alma",
    "amazon_pay": "Amazon Pay",
    "apple_pay": "Apple Pay",
    "applepay": "Apple Pay",
    "bacs": "Bacs Direct Debit",
    "bacs_debit": "Bacs Direct Debit",
    "bancontact": "Bancontact",
    "bancomatpay": "Bancomat Pay",
    "belfius": "Belfius",
    "billie": "Billie",
    "bizum": "Bizum",
    "blik": "BLIK",
    "boleto": "Boleto",
    "cashapp": "Cash App Pay",
    "eps": "EPS",
    "giropay": "giropay",
    "google_pay": "Google Pay",
    "googlepay": "Google Pay",
    "grabpay": "GrabPay",
    "ideal": "iDEAL",
    "in3": "in3",
    "kbc": "KBC/CBC",
    "klarna": "Klarna",
    "konbini": "Konbini",
    "link": "Link",
    "mbway": "MB WAY",
    "mobilepay": "MobilePay",
    "multibanco": "Multibanco",
    "mybank": "MyBank",
    "oxxo": "OXXO",
    "p24": "Przelewy24",
    "przelewy24": "Przelewy24",
    "pay_by_bank": "Pay by Bank",
    "paynow": "PayNow",
    "paypal": "PayPal",
    "paysafecard": "paysafecard",
    "pix": "Pix",
    "promptpay": "PromptPay",
    "revolut_pay": "Revolut Pay",
    "riverty": "Riverty",
    "satispay": "Satispay",
    "sofort": "Sofort",
    "swish": "Swish",
    "trustly": "Trustly",
    "twint": "TWINT",
    "us_bank_account": "ACH Direct Debit",
    "vipps": "Vipps",
    "wechat_pay": "WeChat Pay",
    "zip": "Zip",
}
# Methods with a name in each language.
_WORDS: Final = {
    "au_becs_debit": N_("Direct debit"),
    "bank_transfer": N_("Bank transfer"),
    "banktransfer": N_("Bank transfer"),
    "card": N_("Card"),
    "card_present": N_("Card"),
    "creditcard": N_("Card"),
    "customer_balance": N_("Bank transfer"),
    "direct_debit": N_("Direct debit"),
    "directdebit": N_("Direct debit"),
    "instant_bank_pay": N_("Bank transfer"),
    "nz_bank_account": N_("Direct debit"),
    "pointofsale": N_("Card"),
    "sepa_debit": N_("Direct debit"),
    "voucher": N_("Voucher"),
    "giftcard": N_("Voucher"),
}
# What a provider stands for where it has not said more.
_OF_PROVIDERS: Final = {
    "gocardless": "direct_debit",
    "paypal": "paypal",
    "wire": "bank_transfer",
    "wise": "bank_transfer",
}


def method_text(payment: PaymentFacts, language: Language) -> str:
    """The way to pay, with the last digits where they are known."""
    type_ = payment.method or _OF_PROVIDERS.get(payment.provider or "", "")
    name = _BRANDS.get((payment.brand or "").lower()) or _NAMES.get(type_)
    name = name or language.say(_WORDS.get(type_, N_("Online payment")))
    return f"{name} …{payment.last4}" if payment.last4 else name
