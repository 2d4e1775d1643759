export function answerHelp(help: string, known?: readonly string[]): void;
