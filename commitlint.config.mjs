/** Conventional commits: `feat(eventing): append by lanes`. The scope names a folder, or is left out. */
export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'body-max-line-length': [1, 'always', 120],
    'header-max-length': [2, 'always', 100],
    'subject-case': [0],
  },
};
