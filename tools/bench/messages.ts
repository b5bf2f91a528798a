/** MQTT messages per job, counted between the service and a virtual board over TLS. */
import { openStage, publishImage } from "../demo/stage";

/** As the device sees them. Progress reports are among the published; each has one answer. */
export interface JobCost {
  readonly job: string;
  readonly published: number;
  readonly received: number;
  readonly progress: number;
  readonly seconds: number;
}

/** Runs one short job, one long job and one update. */
export async function measureMessages(): Promise<JobCost[]> {
  const stage = await openStage(() => undefined);
  const costs: JobCost[] = [];
  const run = async (job: string, document: { readonly action: string }): Promise<void> => {
    const jobId = `${document.action}-${costs.length}`;
    let progress = 0;
    const stop = stage.service.onTraffic(({ direction, payload }) => {
      if (direction === "published" && payload.includes('"percent"')) progress++;
    });
    stage.createJob(jobId, document);
    const { seconds } = await stage.ended(jobId);
    stop();
    costs.push({ job, ...stage.messages.of(jobId), progress, seconds });
  };
  const blink = { action: "blink", onTime: 100, offTime: 100 };
  await run("short blink", { ...blink, count: 3 } as { action: string });
  await run("long blink", { ...blink, count: 30 } as { action: string });
  await run("ota 1.2 MB", { action: "ota", ...publishImage(stage.service, "2.0.0", 1_258_291) });
  await stage.close();
  return costs;
}
