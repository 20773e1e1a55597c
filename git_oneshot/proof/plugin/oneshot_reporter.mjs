// A reporter for Node's test runner: a JSON line for each test, with its error as it was.
// Node calls it in the process that gathers the results, not in the one of the tests.
export default async function * oneshot(source) {
  // What each file's own process wrote to its error output. From Node 24 on it may be named as
  // the file's own test is, and not by its path.
  const said = new Map()
  const open = new Map() // the tests that are open in each file, outermost first
  for await (const { type, data } of source) {
    if (type === 'test:stderr') {
      said.set(data.file, ((said.get(data.file) ?? '') + data.message).slice(0, 65536))
    } else if (type === 'test:start') {
      const names = (open.get(data.file) ?? []).slice(0, data.nesting)
      open.set(data.file, [...names, data.name])
    } else if (type === 'test:pass' || type === 'test:fail') {
      const error = data.details?.error
      const cause = error?.cause
      yield JSON.stringify({
        names: [...(open.get(data.file) ?? []).slice(0, data.nesting), data.name],
        file: data.file ?? '',
        outcome: type === 'test:pass' ? 'passed' : 'failed',
        kind: data.details?.type ?? 'test',
        skip: data.skip !== undefined && data.skip !== false,
        todo: data.todo !== undefined && data.todo !== false,
        failure: error?.failureType ?? '',
        stack: String(cause?.stack ?? cause ?? error?.stack ?? ''),
        code: String(cause?.code ?? ''),
        said: error && data.nesting === 0 ? said.get(data.file) ?? said.get(data.name) ?? '' : '',
      }) + '\n'
    }
  }
}
