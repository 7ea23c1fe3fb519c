import { mount } from "svelte";
import App from "./app.svelte";
import "@wavry/web-ui/base.css";
import "./app.css";

mount(App, { target: document.getElementById("app")! });
