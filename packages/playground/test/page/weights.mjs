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
