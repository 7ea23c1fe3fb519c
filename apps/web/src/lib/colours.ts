import { ColourChoice } from "@wavry/web-ui";

/** The one choice of this page. */
export const colours: ColourChoice = new ColourChoice("wavry-colours");
