/** The suite in a service worker, which answers at the port that comes with a message. */
import { suite } from "./suite.mjs";

addEventListener("message", (event) => {
  const answer = suite(true)
    .catch((error) => ({ error: error.message }))
    .then((outcome) => event.ports[0].postMessage(outcome));
  event.waitUntil(answer);
});
