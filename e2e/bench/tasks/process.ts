/** Makes this process one that answers each message of its parent, in turn, and ends with it. */
export function answerParent<Order>(answer: (order: Order) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (order: Order) => {
    answer(order).then(
      (result) => process.send?.(result ?? {}),
      (error: unknown) => {
        process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
        process.exit(1);
      },
    );
  });
}
