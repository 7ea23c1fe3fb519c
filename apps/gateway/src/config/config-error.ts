/** What is wrong with a setting; the message begins with its name, says what to do, and never quotes a secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** The flag or environment variable. */
  readonly setting: string;

  constructor(setting: string, problem: string) {
    super(`${setting}: ${problem}`);
    this.setting = setting;
  }
}
