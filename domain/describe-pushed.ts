/** What somebody is told who asks to read a source that brings its people by itself. */
export function describePushed(name: string): string {
  return `${name} is pushed: it brings its people by itself to /scim/v2, so there is nothing to read. See: muster sources show ${name}`
}
