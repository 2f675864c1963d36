/** Throws until the service says that it is ready, with what it says is missing. */
export async function probeReadiness(internalPort: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${internalPort}/readyz`, {
    signal: AbortSignal.timeout(2000),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`not ready: ${body}`);
}
