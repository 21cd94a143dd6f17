/** Weights: compile, look inside, patch, save, open. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { compile, FLIP, poll, says, type } from "./steps.mjs";

const rows = (page) =>
  page.locator('[data-tour="sides"] .strip tr').evaluateAll((all) =>
    all.map((row) =>
      [...row.cells]
        .slice(1)
        .map((cell) => cell.textContent)
        .join(""),
    ),
  );

export async function compiles({ page }) {
  await type(page, FLIP);
  await compile(page);
  await says(page, ".certificate", /Proved\. On every input of 1 to 8 tokens made of e h l o/);
  await poll(() => rows(page), ["hello", "olleh", "olleh"], page);
  assert.deepEqual(await page.locator(".weights .head figcaption").allTextContents(), [
    "program: full_s",
    "weights",
    "program: flip",
    "weights",
  ]);
  await page.fill("#input", "hole");
  await poll(() => rows(page), ["hole", "eloh", "eloh"], page);
  await page.fill("#input", "help");
  await says(page, ".note", /"p" at position 3 is not in the model's vocabulary/);
  await page.fill("#input", "hello");
  await type(page, `${FLIP}\nagain = reverse;`);
  await says(page, ".note", /The program has changed since/);
}

export async function patches({ page }) {
  await type(page, FLIP);
  await compile(page);
  const opposite = page.locator(".weights .steps tr").filter({ hasText: "opposite" });
  await opposite.locator("button.value").first().click();
  await page.locator("select.patch").selectOption({ label: "1" });
  await poll(() => rows(page), ["hello", "elleh", "elleh"], page);
  await page.getByRole("button", { name: "Take back 1 change" }).click();
  await poll(() => rows(page), ["hello", "olleh", "olleh"], page);
}

export async function numbers({ page }) {
  await type(page, FLIP);
  await compile(page);
  await page.getByRole("button", { name: "1 · feed-forward" }).click();
  await page.locator(".heat.stream tbody tr").filter({ hasText: "opposite: with 4" }).locator("button").nth(1).click();
  await says(page, ".number", /opposite: with 4 · Layer 1 · feed-forward/);
  await says(page, ".number .total", /sum.*=.*1/s);
  await page.locator(".number .reading").first().click();
  await says(page, ".number", /Hidden unit \d+ of layer 1.*ReLU/s);
  await page.getByRole("button", { name: "Back to the number" }).click();
  await says(page, ".number", /opposite: with 4/);
}

async function saved(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name, exact: true }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

export async function downloads({ page }) {
  await type(page, FLIP);
  await compile(page);
  for (const [format, name] of [
    ["safetensors", "reverse.safetensors"],
    ["ONNX", "reverse.onnx"],
  ]) {
    const file = await saved(page, format);
    assert.equal(file.name, name);
    await type(page, "a = tokens;");
    await page.setInputFiles(".compile input[type=file]", {
      name,
      mimeType: "application/octet-stream",
      buffer: file.bytes,
    });
    await poll(() => rows(page), ["hello", "olleh"], page);
    await type(page, FLIP);
    await page.setInputFiles(".compile input[type=file]", {
      name,
      mimeType: "application/octet-stream",
      buffer: file.bytes,
    });
    await poll(() => rows(page), ["hello", "olleh", "olleh"], page);
    file.bytes[file.bytes.length >> 1] ^= 0x55;
    await page.setInputFiles(".compile input[type=file]", {
      name,
      mimeType: "application/octet-stream",
      buffer: file.bytes,
    });
    await page.waitForSelector(".note.bad");
  }
  const svg = await saved(page, "SVG");
  assert.match(svg.bytes.toString(), /^<svg .*reverse on h e l l o/s);
  const png = await saved(page, "PNG");
  assert.deepEqual([png.name, png.bytes.subarray(1, 4).toString()], ["reverse.png", "PNG"]);
  assert.ok(png.bytes.length > 5000);
}

/** A file that is dropped on the page, by the event that a browser sends. */
const drop = (page, files) =>
  page.evaluate((all) => {
    const data = new DataTransfer();
    for (const { name, bytes } of all) data.items.add(new File([Uint8Array.from(bytes)], name));
    const about = { dataTransfer: data, bubbles: true, cancelable: true };
    for (const type of ["dragover", "drop"]) document.querySelector("main").dispatchEvent(new DragEvent(type, about));
  }, files);

/** A GPT-2 of two layers with all weights 0, and its configuration: the numbers do not matter here. */
function tinyGpt2() {
  const [n_embd, vocab_size, n_positions] = [4, 5, 6];
  const shapes = { "wte.weight": [vocab_size, n_embd], "wpe.weight": [n_positions, n_embd] };
  const norm = (name) => Object.assign(shapes, { [`${name}.weight`]: [n_embd], [`${name}.bias`]: [n_embd] });
  const linear = (name, from, to) => Object.assign(shapes, { [`${name}.weight`]: [from, to], [`${name}.bias`]: [to] });
  for (const layer of ["h.0", "h.1"]) {
    norm(`${layer}.ln_1`);
    norm(`${layer}.ln_2`);
    linear(`${layer}.attn.c_attn`, n_embd, 3 * n_embd);
    linear(`${layer}.attn.c_proj`, n_embd, n_embd);
    linear(`${layer}.mlp.c_fc`, n_embd, 4 * n_embd);
    linear(`${layer}.mlp.c_proj`, 4 * n_embd, n_embd);
  }
  norm("ln_f");
  let end = 0;
  const header = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const start = end;
      end += 4 * shape.reduce((product, size) => product * size, 1);
      return [name, { dtype: "F32", shape, data_offsets: [start, end] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const config = { n_layer: 2, n_head: 2, n_embd, n_positions, vocab_size, activation_function: "gelu_new" };
  return {
    weights: { name: "model.safetensors", bytes: [...Buffer.concat([length, text, Buffer.alloc(end)])] },
    config: { name: "config.json", bytes: [...Buffer.from(JSON.stringify({ ...config, layer_norm_epsilon: 1e-5 }))] },
  };
}

export async function drops({ page }) {
  const { weights, config } = tinyGpt2();
  await says(page, ".strip .result", /./);
  await drop(page, [config]);
  await says(page, ".note.bad", /configuration without a model/);
  await drop(page, [weights]);
  await says(page, ".note.bad", /Its config\.json.*is missing/);
  await drop(page, [config]);
  await says(page, ".summary", /2 layers, 4 heads, width 4/);
  await says(page, ".weights .note", /type a list such as/);
  await page.fill("#input", "[1, 4, 0]");
  await poll(() => page.locator(".weights .head").count(), 4, page);
  await drop(page, [{ name: "<b>x</b>.safetensors", bytes: weights.bytes.slice(0, 500) }]);
  await says(page, ".note.bad", /\S/);
  await poll(() => page.locator(".weights .head").count(), 4, page);
  await drop(page, [weights, config]);
  await poll(() => page.locator(".note.bad").count(), 0, page);
}
