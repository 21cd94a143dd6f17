/** A picture in SVG as PNG, by the browser's own drawing. */

/** Pixels for each unit of the picture, and the most on a side. */
const [SCALE, MOST] = [2, 8000];

/** @throws Error where the browser cannot draw it */
export async function pngOf(svg: Uint8Array<ArrayBuffer>): Promise<Blob> {
  const text = new TextDecoder().decode(svg);
  const [, width = "900", height = "600"] = /viewBox="0 0 (\d+) (\d+)"/.exec(text) ?? [];
  const scale = Math.min(SCALE, MOST / Math.max(Number(width), Number(height)));
  // Firefox draws only pictures that say how large they are.
  const sized = text.replace("<svg ", `<svg width="${width}" height="${height}" `);
  const url = URL.createObjectURL(new Blob([sized], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(Number(width) * scale), Math.round(Number(height) * scale)];
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((settle, reject) =>
      canvas.toBlob((blob) => (blob ? settle(blob) : reject(new Error("the picture is too large for this browser")))),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
