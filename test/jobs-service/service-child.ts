/** A Jobs service as a process of its own: `node --import tsx service-child.ts DIR`. Says where it is in one line of JSON. */
import { startJobsService } from "../../tools/jobs-service";

const [data = ""] = process.argv.slice(2);
const { urls, ca } = await startJobsService({ data, ports: { mqtts: false }, log: (line) => process.stderr.write(`${line}\n`) });
process.stdout.write(`${JSON.stringify({ urls, ca })}\n`);
