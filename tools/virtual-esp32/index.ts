/** A virtual ESP32 board: the firmware's Lua and modules with their traps, on this computer. */
export type { Board, BoardEvents, Boot } from "./board";
export type { BoardOptions } from "./options";
export { createBoard } from "./board";
export type { Edge } from "./pins";
export type { Network } from "./radio";
