// Cuts GitHub's description of its REST API down to the paths that Ounce uses: node slice.mjs WHOLE.json > SLICE.json
//
// Kept are the paths below with the methods that are used, and every component they lead to.
import { readFileSync } from "node:fs";

const USED = {
  "/app": ["get"],
  "/app-manifests/{code}/conversions": ["post"],
  "/app/hook/deliveries": ["get"],
  "/app/hook/deliveries/{delivery_id}/attempts": ["post"],
  "/app/installations/{installation_id}/access_tokens": ["post"],
  "/repos/{owner}/{repo}": ["get"],
  "/repos/{owner}/{repo}/check-runs": ["post"],
  "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["patch"],
  "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": ["get"],
  "/repos/{owner}/{repo}/collaborators/{username}/permission": ["get"],
  "/repos/{owner}/{repo}/commits": ["get"],
  "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
  "/repos/{owner}/{repo}/compare/{basehead}": ["get"],
  "/repos/{owner}/{repo}/contents/{path}": ["get"],
  "/repos/{owner}/{repo}/git/commits/{commit_sha}": ["get"],
  "/repos/{owner}/{repo}/git/ref/{ref}": ["get"],
  "/repos/{owner}/{repo}/git/tags/{tag_sha}": ["get"],
  "/repos/{owner}/{repo}/installation": ["get"],
  "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["get", "patch"],
  "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
  "/repos/{owner}/{repo}/pulls/{pull_number}": ["get"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/files": ["get"],
  "/repos/{owner}/{repo}/statuses/{sha}": ["post"],
  "/user": ["get"],
};

const whole = JSON.parse(readFileSync(process.argv[2], "utf8"));
const paths = {};
for (const [path, methods] of Object.entries(USED)) {
  const found = whole.paths[path];
  if (!found) throw new Error(`the description has no ${path}`);
  paths[path] = { parameters: found.parameters };
  for (const method of methods) {
    if (!found[method]) throw new Error(`the description has no ${method} ${path}`);
    paths[path][method] = found[method];
  }
}

const components = {};
const look = (value) => {
  if (Array.isArray(value)) return value.forEach(look);
  if (value === null || typeof value !== "object") return;
  if (typeof value.$ref === "string") {
    const [, , kind, name] = value.$ref.split("/");
    if (!components[kind]?.[name]) {
      (components[kind] ??= {})[name] = whole.components[kind][name];
      look(components[kind][name]);
    }
  }
  Object.values(value).forEach(look);
};
look(paths);

// Examples are most of the bulk, and a name of a property may be "examples" too: only those beside a schema go.
for (const kind of ["examples"]) delete components[kind];
const bare = (value) => {
  if (Array.isArray(value)) return value.map(bare);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(key === "examples" && value.schema && typeof inner === "object"))
      .map(([key, inner]) => [key, bare(inner)]),
  );
};
const { openapi, info } = whole;
console.log(JSON.stringify(bare({ openapi, info, servers: [{ url: "/" }], paths, components })));
