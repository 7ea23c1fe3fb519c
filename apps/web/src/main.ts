import { mount } from "svelte";
import "./lib/own-scripts.ts";
import App from "./app.svelte";
import "@wavry/web-ui/base.css";
import "./style/app.css";
import { keepShell } from "./lib/keep-shell.ts";
import { languageChoice } from "./lib/text/language.svelte.ts";

await languageChoice.start();
mount(App, { target: document.getElementById("app")! });
keepShell();
