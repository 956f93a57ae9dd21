// Cuts out of GitHub's OpenAPI description what `comment` asks for, with everything that it refers to.
// usage: node slice.mjs api.github.com.json slice.json
import { readFileSync, writeFileSync } from "node:fs";

const PATHS = [
    "/user",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/check-runs",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts",
    "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}",
];

const [whole, slice] = process.argv.slice(2);
const description = JSON.parse(readFileSync(whole, "utf8"));
// Its references dangle, and Prism dies on them.
delete description["x-webhooks"];
const paths = Object.fromEntries(PATHS.map((path) => {
    if (!(path in description.paths)) throw new Error(`GitHub's description has no ${path}`);
    return [path, description.paths[path]];
}));

const components = {};
const seen = new Set();
const open = [paths];
while (open.length > 0) {
    const value = open.pop();
    if (value === null || typeof value !== "object") continue;
    if (typeof value.$ref === "string" && !seen.has(value.$ref)) {
        seen.add(value.$ref);
        const [, , kind, name] = value.$ref.split("/");
        (components[kind] ??= {})[name] = description.components[kind][name];
        open.push(components[kind][name]);
    }
    open.push(...Object.values(value));
}
writeFileSync(slice, JSON.stringify({ ...description, paths, components }));
