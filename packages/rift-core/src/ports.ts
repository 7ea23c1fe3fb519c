/** The UDP port of a host unless it is told another (spec/rift.md §2). */
export const DEFAULT_HOST_PORT = 4200;
