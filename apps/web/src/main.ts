import { mount } from "svelte";
import App from "./app.svelte";
import "./style/base.css";
import { chooseText } from "./lib/text/text.ts";

await chooseText(navigator.languages);
mount(App, { target: document.getElementById("app")! });
