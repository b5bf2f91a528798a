/** The story that `make demo` tells: what happens to jobs, good ones and bad ones. */
import { publishImage, type Ending, type Stage } from "./stage";

/** One job of the story, in the form that `make demo JSON=1` prints. */
export interface StoryJob extends Ending {
  readonly action: string;
  readonly published: number;
  readonly received: number;
}

/** Says what comes next. */
export type Chapter = (title: string) => void;

const imageBytes = 1_258_291; // 1.2 MB
const smallImageBytes = 307_200;

/** Tells the story on a stage; gives its jobs in the order in which they were created. */
export async function tellStory(stage: Stage, chapter: Chapter): Promise<StoryJob[]> {
  const jobs: StoryJob[] = [];
  const job = async (jobId: string, document: { readonly action: string }): Promise<StoryJob> => {
    stage.createJob(jobId, document);
    return note(document.action, await stage.ended(jobId));
  };
  const note = (action: string, ending: Ending): StoryJob => {
    const { published, received } = stage.messages.of(ending.jobId);
    const told = { ...ending, action, published, received };
    jobs.push(told);
    return told;
  };

  chapter("A job blinks the LED");
  await job("blink-1", { action: "blink", count: 3, onTime: 250, offTime: 500 } as { action: string });

  chapter("A job updates the firmware: download, check, restart, trial");
  const image = publishImage(stage.service, "2.0.0", imageBytes);
  await job("ota-1", { action: "ota", ...image });
  await job("describe-1", { action: "describe" });

  chapter("An image with a wrong MD5 is refused; the board runs on");
  const wrong = { ...publishImage(stage.service, "3.0.0", smallImageBytes), md5: "0".repeat(32) };
  await job("ota-2", { action: "ota", ...wrong });

  chapter("Three jobs at once run one after the other");
  const queued = ["blink-2", "describe-2", "blink-3"];
  const documents = [
    { action: "blink", count: 2, onTime: 100, offTime: 100 },
    { action: "describe" },
    { action: "blink", count: 1, onTime: 100, offTime: 100 },
  ];
  queued.forEach((jobId, n) => stage.createJob(jobId, documents[n] ?? {}));
  const endings = await Promise.all(queued.map((jobId) => stage.ended(jobId)));
  endings.forEach((ending, n) => note(documents[n]?.action ?? "", ending));

  chapter("Documents that cannot be right are rejected, with the reason");
  await job("fly-1", { action: "fly" });
  await job("blink-4", { action: "blink", count: "many" } as { action: string });
  return jobs;
}
