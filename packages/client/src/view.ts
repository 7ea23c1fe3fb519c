/** What a client shows in. Apart from the rest, so that a program can open it while it still loads the protocol. */
import { ClientWindow, VideoPipeline } from "@wavry/media/view";
import type { Size } from "@wavry/rift-core";

const FIRST_WINDOW_SIZE: Size = { width: 1280, height: 720 };

/** How a client shows. */
export interface ViewOptions {
  /** Without a window, for measurements and programs; default true. */
  readonly window?: boolean | undefined;
  /** X display for the window; $DISPLAY if undefined. */
  readonly display?: string | undefined;
  readonly fullscreen?: boolean | undefined;
  readonly borderless?: boolean | undefined;
}

/** A decoder and the window that it draws into, if there is one. */
export interface View extends AsyncDisposable {
  readonly window: ClientWindow | undefined;
  readonly pipeline: VideoPipeline;
}

/** Opens window and decoder, each in a thread of its own, side by side. Rejects with MediaError. */
export async function openView(options: ViewOptions): Promise<View> {
  await using stack = new AsyncDisposableStack();
  let window: ClientWindow | undefined;
  let pipeline: VideoPipeline;
  if (options.window === false) pipeline = stack.use(await VideoPipeline.start());
  else {
    const { display, fullscreen = false, borderless = false } = options;
    const opening = ClientWindow.open({
      title: "Wavry",
      size: FIRST_WINDOW_SIZE,
      fullscreen,
      borderless,
      ...(display !== undefined && { display }),
    });
    const starting = VideoPipeline.start({ window: opening });
    // Where the window fails, that is the error to tell.
    starting.catch(() => {});
    window = stack.use(await opening);
    pipeline = stack.use(await starting);
  }
  const owned = stack.move();
  return { window, pipeline, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
