/** What is shown is in nobody's file: it comes from the gateway, to the person who is signed in. */
export const ssr = false;
