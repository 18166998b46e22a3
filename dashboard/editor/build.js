// Writes build/editor.js, and the licences of what is in it to build/editor.LICENSE.txt.
// The first line of the file names the hash of its sources, so that a test finds a bundle that is out of date.
import { build } from "esbuild"
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const SOURCES = ["source.js", "package.json", "package-lock.json", "build.js"]
const hash = createHash("sha256")
for (const source of SOURCES) hash.update(readFileSync(source))

const { metafile } = await build({
  entryPoints: ["source.js"],
  outfile: "build/editor.js",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  banner: { js: `// made by \`make editor\` of sources ${hash.digest("hex")}; licences in editor.LICENSE.txt` },
})

const packages = new Set()
for (const input of Object.keys(metafile.inputs)) {
  const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)
  if (found) packages.add(found[1])
}
const licences = [...packages].sort().map((name) => {
  const folder = join("node_modules", name)
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}\n`
})
writeFileSync("build/editor.LICENSE.txt", licences.join("\n----\n\n"))
