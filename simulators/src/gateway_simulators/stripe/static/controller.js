/* The hidden frame: calls that need no card fields. */
"use strict";

serve({
  retrieve: retrieveIntent,
  confirm: ({ clientSecret, confirmParams }) =>
    callApi("POST", `/v1/payment_intents/${encodeURIComponent(intentOf(clientSecret))}/confirm`, {
      client_secret: clientSecret,
      return_url: confirmParams.return_url,
      payment_method: confirmParams.payment_method,
    }),
});
