"""Ways to pay as a person knows them: ``Visa …4242``, ``PayPal``, ``bank transfer``."""

from typing import Final

from invoice.domain.settlement import Method

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
# Methods with a name in each language: keys of `Language.words`.
_WORDS: Final = {
    "au_becs_debit": "method_debit",
    "bank_transfer": "method_transfer",
    "banktransfer": "method_transfer",
    "card": "method_card",
    "card_present": "method_card",
    "creditcard": "method_card",
    "customer_balance": "method_transfer",
    "direct_debit": "method_debit",
    "directdebit": "method_debit",
    "instant_bank_pay": "method_transfer",
    "nz_bank_account": "method_debit",
    "pointofsale": "method_card",
    "sepa_debit": "method_debit",
    "voucher": "method_voucher",
    "giftcard": "method_voucher",
}
# What a provider stands for where it has not said more.
_OF_PROVIDERS: Final = {
    "gocardless": "direct_debit",
    "paypal": "paypal",
    "wire": "bank_transfer",
    "wise": "bank_transfer",
}


def method_text(method: Method | None, provider_type: str, words: dict[str, str]) -> str:
    """The way to pay, with the last digits where they are known."""
    type_ = method.type if method else _OF_PROVIDERS.get(provider_type, "")
    brand = (method.brand or "").lower() if method else ""
    name = _BRANDS.get(brand) or _NAMES.get(type_) or words[_WORDS.get(type_, "method_online")]
    return f"{name} …{method.last4}" if method and method.last4 else name
