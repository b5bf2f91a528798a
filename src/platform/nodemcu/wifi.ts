/** Joins the network, and joins it again: the firmware does neither by itself (wifi_sta.c). */
import { backoffMs } from "../../portable/backoff";
import { text } from "../../portable/integers";
import type { Cancel, Clock } from "../../ports";
import type { Wifi } from "../../settings";

/** Whether there is a way to the broker, and who waits for it. */
/** @noSelf */
export interface Network {
  isUp: boolean;
  waiting: (() => void) | undefined;
}

/** An address that has not come after this long will not come: begin again. */
const longestMs = 60000;

/** Without Wi-Fi settings the board counts as connected. */
export function joinNetwork(clock: Clock, settings: Wifi | undefined, log: (line: string) => void): Network {
  const network: Network = { isUp: settings === undefined, waiting: undefined };
  if (settings === undefined) return network;
  const { ssid, password } = settings;
  let tries = 0;
  let cancelTimer: Cancel = () => undefined;

  function connect(): void {
    cancelTimer = clock.after(longestMs, () => {
      pcall(wifi.sta.disconnect);
      retry("no address");
    });
    pcall(wifi.sta.connect);
  }
  function retry(why: string): void {
    network.isUp = false;
    log(`no Wi-Fi "${ssid}": ${why}; trying again`);
    cancelTimer();
    cancelTimer = clock.after(backoffMs(tries++, 1000, 30000), connect);
  }

  const station = wifi.sta;
  station.on("start", connect);
  station.on("disconnected", (_event, info) => retry(`reason ${text(info.reason ?? 0)}`));
  station.on("got_ip", (_event, info) => {
    cancelTimer();
    tries = 0;
    log(`Wi-Fi "${ssid}", address ${info.ip ?? "unknown"}`);
    // A second initntp without a stop is an assertion failure in lwip. Without an argument the server's name is a constant of the
    // firmware; ours would have to be kept, because only its address is (time.c).
    if (!time.ntpenabled()) time.initntp();
    network.isUp = true;
    const { waiting } = network;
    network.waiting = undefined;
    if (waiting !== undefined) waiting();
  });
  wifi.mode(wifi.STATION);
  station.config({ ssid, pwd: password });
  wifi.start();
  return network;
}
