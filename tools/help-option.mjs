/**
 * For scripts that take hardly any arguments: `--help` prints what the script does and ends it, and
 * an argument that it does not know ends it with 2, before anything is done.
 *
 * @param {string} help
 * @param {readonly string[]} [known] arguments that the script itself reads
 */
export function answerHelp(help, known = []) {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help);
    process.exit(0);
  }
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown === undefined) return;
  console.error(`unknown argument ${unknown}\n${help}`);
  process.exit(2);
}
