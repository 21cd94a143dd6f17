/** The links of a static site that lead nowhere: to a file that is not there, or to an anchor that its page does not have. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const decode = (text) => text.replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'");
const attributes = (html, names) =>
  [...html.matchAll(new RegExp(`\\s(?:${names})="([^"]*)"`, "g"))].map(([, value]) => decode(value));

/**
 * @param site - its folder
 * @param pages - paths of its HTML files
 * @returns the number of links in the site, that of links to other hosts, and the dead ones as `page: link`
 */
export function deadLinks(site, pages) {
  const anchors = new Map();
  const anchorsOf = (file) => {
    if (!anchors.has(file)) anchors.set(file, new Set(attributes(readFileSync(file, "utf8"), "id|name")));
    return anchors.get(file);
  };
  let [links, outside] = [0, 0];
  const dead = new Set();
  for (const page of pages) {
    // What scripts hold is no link.
    const html = readFileSync(join(site, page), "utf8").replace(/<script\b[^>]*>[^]*?<\/script>/g, "");
    for (const link of attributes(html, "href|src")) {
      if (/^(data|mailto|javascript):/.test(link)) continue;
      if (/^[a-z]+:/.test(link) || link.startsWith("//")) {
        outside++;
        continue;
      }
      links++;
      const [path, anchor = ""] = link.split("#");
      let file = join(site, path === "" ? page : join(dirname(page), decodeURIComponent(path.replace(/\?.*/, ""))));
      if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
      if (!existsSync(file)) {
        dead.add(`${page}: ${link}`);
      } else if (anchor !== "" && file.endsWith(".html") && !anchorsOf(file).has(decodeURIComponent(anchor))) {
        dead.add(`${page}: ${link}`);
      }
    }
  }
  return { links, outside, dead: [...dead] };
}
