export default async function teardown() {
  await globalThis.formbusTestMongo?.stop();
}
