/** The id of the submission that a subject is of: `evt.<workspace>.submission.<form>.<submission>`. */
export function submissionIdOf(subject: string): string {
  const id = subject.split('.')[4];
  if (id === undefined) throw new Error(`not the subject of a submission: ${subject}`);
  return id;
}
