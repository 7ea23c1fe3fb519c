import type { Plugin } from "vite";

/**
 * TypeBox tries out whether it may make functions of texts. The page's policy forbids it, and the browser complains even of
 * the try; so it is told.
 */
export function noEvaluation(): Plugin {
  return {
    name: "wavry-no-evaluation",
    enforce: "pre",
    load(id) {
      if (!/\/typebox\/build\/system\/environment\/evaluate\.mjs$/.test(id)) return undefined;
      return [
        "export const CanEvaluate = () => false;",
        'export const Evaluate = () => { throw new Error("the page makes no functions of texts"); };',
      ].join("\n");
    },
  };
}
