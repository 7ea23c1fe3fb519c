/** How the element looks; a sheet that is adopted, so that a page may forbid inline styles. */
export const screenStyle: CSSStyleSheet = new CSSStyleSheet();

screenStyle.replaceSync(`
:host {
  display: block;
  position: relative;
  overflow: hidden;
  background: #000;
  contain: layout paint;
}
:host([hidden]) { display: none; }
.stage {
  position: absolute;
  outline: none;
  cursor: default;
}
.stage > canvas, .stage > video {
  position: absolute;
  inset: 0;
  width: 100%;
  height: 100%;
  pointer-events: none;
}
.stage > video { visibility: hidden; object-fit: fill; }
.stage.track > video:not(.screen) { visibility: visible; }
.stage.track > canvas.screen { visibility: hidden; }
.stage.motion:not(.track) > video.screen { visibility: visible; }
.stage > canvas.pointer {
  inset: auto;
  left: 0;
  top: 0;
  visibility: hidden;
  transform-origin: 0 0;
}
.stage > canvas.pointer.shown { visibility: visible; }
`);
