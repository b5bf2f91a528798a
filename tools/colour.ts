/** Colour on a terminal and nowhere else: picocolors alone would also colour the logs of a CI. */
import pc from "picocolors";

const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
const isWanted = NO_COLOR === undefined && (FORCE_COLOR !== undefined || (process.stdout.isTTY && TERM !== "dumb"));

export default pc.createColors(isWanted);
