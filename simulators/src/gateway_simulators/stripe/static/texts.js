/* The words of the card form, by language. */
"use strict";

const TEXTS = {
  en: {
    number: "Card number", expiry: "Expiration date", cvc: "Security code", country: "Country",
    note: "Simulated payments: only test cards work here, no money moves.",
    incomplete_number: "Your card number is incomplete.", invalid_number: "Your card number is invalid.",
    incomplete_expiry: "Your card's expiration date is incomplete.",
    invalid_expiry_year_past: "Your card's expiration date is in the past.",
    incomplete_cvc: "Your card's security code is incomplete.",
  },
  de: {
    number: "Kartennummer", expiry: "Ablaufdatum", cvc: "Prüfziffer", country: "Land",
    note: "Simulierte Zahlungen: Hier gelten nur Testkarten, es fließt kein Geld.",
    incomplete_number: "Die Kartennummer ist unvollständig.", invalid_number: "Die Kartennummer ist ungültig.",
    incomplete_expiry: "Das Ablaufdatum ist unvollständig.",
    invalid_expiry_year_past: "Das Ablaufdatum der Karte liegt in der Vergangenheit.",
    incomplete_cvc: "Die Prüfziffer ist unvollständig.",
  },
  fr: {
    number: "Numéro de carte", expiry: "Date d'expiration", cvc: "Code de sécurité", country: "Pays",
    note: "Paiements simulés : seules les cartes de test fonctionnent ici, aucun argent ne circule.",
    incomplete_number: "Le numéro de carte est incomplet.", invalid_number: "Le numéro de carte n'est pas valide.",
    incomplete_expiry: "La date d'expiration est incomplète.",
    invalid_expiry_year_past: "La date d'expiration de la carte est passée.",
    incomplete_cvc: "Le code de sécurité est incomplet.",
  },
  es: {
    number: "Número de tarjeta", expiry: "Fecha de caducidad", cvc: "Código de seguridad", country: "País",
    note: "Pagos simulados: aquí solo funcionan tarjetas de prueba, no se mueve dinero.",
    incomplete_number: "El número de tarjeta está incompleto.", invalid_number: "El número de tarjeta no es válido.",
    incomplete_expiry: "La fecha de caducidad está incompleta.",
    invalid_expiry_year_past: "La fecha de caducidad de la tarjeta ya ha pasado.",
    incomplete_cvc: "El código de seguridad está incompleto.",
  },
};

const COUNTRIES = ["AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE",
  "IT", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "US", "CA", "AU", "JP", "BR", "IN"];

const languageOf = (locale) => {
  const wanted = !locale || locale === "auto" ? navigator.language : locale;
  const language = wanted.toLowerCase().split("-")[0];
  return Object.hasOwn(TEXTS, language) ? language : "en";
};
