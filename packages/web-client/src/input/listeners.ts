import type { Modifiers } from "./keyboard.ts";

/** Event listeners that go together; disposing removes all of them. */
export class Listeners implements Disposable {
  readonly #abort = new AbortController();

  /** Listens to `type` of `target`, whose events are of the type that `handler` takes. */
  add<E extends Event>(
    target: EventTarget,
    type: string,
    handler: (event: E) => void,
    options: AddEventListenerOptions = {},
  ): void {
    target.addEventListener(type, handler as (event: Event) => void, {
      ...options,
      signal: this.#abort.signal,
    });
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }
}

/** Whether `inner` is `outer` or within it, through shadow roots. */
export function composedContains(outer: Node, inner: Node): boolean {
  for (let node: Node | null = inner; node !== null; ) {
    if (node === outer) return true;
    node = node instanceof ShadowRoot ? node.host : node.parentNode;
  }
  return false;
}

/** The root that `node` is in, which knows of focus and pointer lock within itself. */
export function rootOf(node: Node): DocumentOrShadowRoot {
  const root = node.getRootNode();
  return root instanceof ShadowRoot || root instanceof Document ? root : document;
}

/** Which modifiers an event says are down. */
export function modifiersOf(event: KeyboardEvent | MouseEvent): Modifiers {
  return {
    shift: event.shiftKey,
    control: event.ctrlKey,
    alt: event.altKey,
    meta: event.metaKey,
    altGraph: event.getModifierState("AltGraph"),
  };
}
