/** How the gateway of `wavry up` is to run; what is missing comes from its environment variables. */
export interface LocalGatewayWish {
  readonly address?: string;
  /** Undefined: 3000, or the next free one. */
  readonly port?: number;
  readonly publicUrl?: string;
}

/** What its process tells `wavry up`: perhaps "starting", then one of the others. */
export type LocalGatewayNews =
  /** None runs on its data, so one is started. */
  | { readonly type: "starting" }
  /** A gateway is behind this socket; `reused`: it was there before, and this process is not needed. */
  | { readonly type: "ready"; readonly door: string; readonly reused: boolean }
  /** `usage`: a setting is wrong. */
  | { readonly type: "failed"; readonly message: string; readonly usage: boolean };

/** What `wavry up` tells its process. */
export type LocalGatewayOrder = { readonly type: "stop" };
