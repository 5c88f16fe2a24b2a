/** The parts of a mail, in plain text. */
export interface MailParts {
  readonly locale: string
  readonly direction: 'ltr' | 'rtl'
  readonly sender: string
  readonly subject: string
  readonly preview: string
  readonly before: readonly string[]
  readonly code: string | null
  readonly after: readonly string[]
  readonly footer: string
}

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

/**
 * A mail as HTML that every mail program shows alike: a table, styles in the elements, no image, font, link or script
 * from anywhere. The code stands in one element, so that it can be marked with one touch and read out as digits.
 */
export function layOutMail(parts: MailParts): string {
  const paragraph = (text: string) =>
    `<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:1.5;color:#1f2937">${escapeHtml(text)}</p>`
  return [
    `<!doctype html><html lang="${escapeHtml(parts.locale)}" dir="${parts.direction}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(parts.subject)}</title><style>${darkStyle}</style></head>`,
    `<body class="ground" style="margin:0;padding:0;background:#f1f5f9;${font}">`,
    `<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(parts.preview)}${'&#8199;&#847; '.repeat(60)}</div>`,
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:32px 16px">',
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:480px">',
    `<tr><td class="faint" style="padding:0 8px 12px;font-size:14px;font-weight:600;color:#475569">${escapeHtml(parts.sender)}</td></tr>`,
    '<tr><td class="card" style="background:#ffffff;border:1px solid #e2e8f0;border-radius:12px;padding:28px 28px 12px">',
    `<h1 class="ink" style="margin:0 0 16px;font-size:20px;line-height:1.3;color:#0f172a">${escapeHtml(parts.subject)}</h1>`,
    ...parts.before.map(paragraph),
    ...(parts.code === null ? [] : [codeBlock(parts.code)]),
    ...parts.after.map(paragraph),
    '</td></tr>',
    `<tr><td class="faint" style="padding:16px 8px 0;font-size:13px;line-height:1.5;color:#64748b">${escapeHtml(parts.footer)}</td></tr>`,
    '</table></td></tr></table></body></html>',
  ].join('\n')
}

const darkStyle =
  '@media (prefers-color-scheme:dark){.ground{background:#0f172a!important}.card{background:#1e293b!important;border-color:#334155!important}.ink{color:#f1f5f9!important}.faint{color:#94a3b8!important}.code{background:#0f172a!important;color:#f8fafc!important}}'

function codeBlock(code: string): string {
  return `<p class="code" dir="ltr" style="margin:0 0 20px;padding:18px 8px;border-radius:8px;background:#f1f5f9;text-align:center;font-family:Consolas,Menlo,'Courier New',monospace;font-size:32px;line-height:1.2;font-weight:700;letter-spacing:6px;color:#0f172a">${escapeHtml(code)}</p>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
