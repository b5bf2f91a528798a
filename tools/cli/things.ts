/** A thing at the running service, with the certificate that the service's own CA gives it. */
import { deviceCertificate } from "../jobs-service/certificates";
import { controlPlane } from "./control-plane";
import { identityFiles } from "./identity";
import { findService, servicePlace } from "./place";

/** Creates the thing where it is missing, and gives the files of its identity. */
export async function enrol(dir: string, thingName: string, extra: Record<string, unknown> = {}): Promise<Record<string, string>> {
  const address = findService(dir);
  await controlPlane(address).createThing(thingName);
  return identityFiles(await deviceCertificate(servicePlace(dir), thingName), address, extra);
}
