/** What is wrong with files that were built or made for a board; the message is one sentence for a person. */
export class FirmwareProblem extends Error {}
