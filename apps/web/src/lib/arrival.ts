/** How the person came to the page that is shown. */
export const arrival: {
  /** From another page of the app, so that the new page's heading is to be heard. */
  byLink: boolean;
} = { byLink: false };
