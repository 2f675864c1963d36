#!/usr/bin/env node
/** `formbus`: see docs/cli.md. */
import { processIo } from './io.ts';
import { runCommandLine } from './run.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), processIo());
