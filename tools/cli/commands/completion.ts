import { Argument } from 'commander';
import { command } from '../command.ts';
import { completionScript } from '../completion/script.ts';
import { SHELLS, type Shell } from '../completion/words.ts';

export const completion = command<{ readonly shell: Shell }>({
  name: 'completion',
  summary: 'Print what makes a shell complete this command line',
  arguments: [new Argument('<shell>', 'which one').choices(SHELLS)],
  talksTo: [],
  examples: [
    [
      'formbus completion bash > ~/.local/share/bash-completion/completions/formbus',
      'bash, from the next one on',
    ],
    ['formbus completion zsh > "${fpath[1]}/_formbus"', 'zsh'],
    ['formbus completion fish > ~/.config/fish/completions/formbus.fish', 'fish'],
  ],
  run({ print, program }, { shell }) {
    print.text(completionScript(shell, program).trimEnd());
    return Promise.resolve();
  },
});
