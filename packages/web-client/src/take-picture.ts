/** How a picture is to be. */
export interface PictureOptions {
  /** 320 unless told. */
  readonly maxWidth?: number;
}

const QUALITY = 0.8;

/**
 * What a `<wavry-screen>` shows at this moment, small: WebP, or PNG where the browser writes no WebP. What it shows is read
 * before this returns, so that the session may end right after. Gives undefined before the first picture. `stage`: the
 * element that holds its canvas, or the video of a track.
 */
export function takePicture(
  stage: HTMLElement,
  { maxWidth = 320 }: PictureOptions = {},
): Promise<Blob | undefined> {
  const track =
    stage.querySelector<HTMLVideoElement>(":scope.track > video:not(.screen)") ??
    stage.querySelector<HTMLVideoElement>(":scope.motion > video.screen");
  const screen = stage.querySelector<HTMLCanvasElement>("canvas.screen");
  const width = track?.videoWidth ?? screen?.width ?? 0;
  const height = track?.videoHeight ?? screen?.height ?? 0;
  const source = track ?? screen;
  if (source === null || width === 0 || height === 0) return Promise.resolve(undefined);
  const scale = Math.min(1, maxWidth / width);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  // Nothing was painted yet: screens are opaque.
  if (context.getImageData(0, 0, 1, 1).data[3] === 0) return Promise.resolve(undefined);
  return new Promise((resolve) =>
    canvas.toBlob((blob) => resolve(blob ?? undefined), "image/webp", QUALITY),
  );
}
