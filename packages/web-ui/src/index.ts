/**
 * What the pages of a gateway have in common, beside `base.css`. All that they say is told by the page itself.
 */
export { ApiFailure, isFailure } from "./api-failure.ts";
export { default as Badge } from "./badge.svelte";
export { default as Choice } from "./choice.svelte";
export { COLOUR_NAMES, ColourChoice, type ColourName } from "./colour-choice.svelte.ts";
export { default as Dialog } from "./dialog.svelte";
export { type RequestMethod, type RequestOptions, request } from "./gateway-request.ts";
export { IdentityCheck } from "./identity-check.svelte.ts";
export { default as Notice } from "./notice.svelte";
export { Notices, type NoticesOptions, type PageNotice } from "./notices.svelte.ts";
export { knowsPasskeys, makePasskey, signWithPasskey } from "./passkey.ts";
export { recall, remember } from "./remembered.ts";
export { type Load, Resource } from "./resource.svelte.ts";
export { saveFile } from "./save-file.ts";
export { default as StateBadge } from "./state-badge.svelte";
export { type Distance, dateTime, fromNow } from "./times.ts";
