/**
 * The script of a page: runs the suite there, and in a module worker and a service worker where the address asks for them, and posts the
 * outcomes by place. What fails is an outcome with `error`.
 */
import { suite } from "./suite.mjs";

const asked = new URLSearchParams(location.search);
const hasWasm = !asked.has("plain");
const failed = (error) => ({ error: `${error?.message ?? error}` });

const inWorker = () =>
  new Promise((resolve) => {
    const worker = new Worker("/worker.mjs", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => resolve(failed(event.message ?? "the worker did not start"));
  });

async function inServiceWorker() {
  const registration = await navigator.serviceWorker.register("/service-worker.js");
  await navigator.serviceWorker.ready;
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    registration.active.postMessage("run", [port2]);
  });
}

const found = { isolated: crossOriginIsolated, page: await suite(hasWasm, !asked.has("all")).catch(failed) };
if (asked.has("workers")) {
  found["module worker"] = await inWorker().catch(failed);
  found["service worker"] = await inServiceWorker().catch(failed);
}
await fetch("/found", { method: "POST", body: JSON.stringify(found) });
