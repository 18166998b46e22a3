// The editor of the page SQL, as a component of Streamlit (components version 2).
//
// The page gives in `data`: `value` and `version` (the text, and a number that changes when the page sets it), `tables`
// (name -> columns with name, type and text), `functions`, `keywords`, `problem` (`from` and `to` in UTF-16 units, and
// `message`, or null), and the texts `label`, `placeholder`, `completions` and `direction`.
// The page gets the state `value` when the editor loses the focus, and the trigger `run` on Ctrl+Enter.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, snippetCompletion } from "@codemirror/autocomplete"
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands"
import { sql, SQLDialect } from "@codemirror/lang-sql"
import { bracketMatching, HighlightStyle, syntaxHighlighting, syntaxTree } from "@codemirror/language"
import { setDiagnostics } from "@codemirror/lint"
import { Compartment, EditorState, Prec } from "@codemirror/state"
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers, placeholder, tooltips } from "@codemirror/view"
import { tags } from "@lezer/highlight"

const editors = new WeakMap()

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "light-dark(#005ea8, #6cb4f5)", fontWeight: "600" },
  { tag: tags.string, color: "light-dark(#00703c, #3fd0a2)" },
  { tag: [tags.number, tags.bool, tags.null], color: "light-dark(#a34700, #ff9e5e)" },
  { tag: tags.comment, color: "light-dark(#5c5c5c, #b0b0b0)", fontStyle: "italic" },
  { tag: tags.typeName, color: "light-dark(#8a3c6f, #e2a3c8)" },
])

const look = EditorView.theme({
  "&": {
    backgroundColor: "var(--st-secondary-background-color)",
    border: "1px solid var(--st-border-color)",
    borderRadius: "var(--st-base-radius)",
    color: "var(--st-text-color)",
    fontSize: "0.95rem",
  },
  "&.cm-focused": { outline: "2px solid var(--st-primary-color)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--st-code-font, monospace)", lineHeight: "1.5", minHeight: "14rem", maxHeight: "28rem" },
  ".cm-content": { caretColor: "var(--st-text-color)" },
  ".cm-cursor": { borderLeftColor: "var(--st-text-color)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "transparent", border: "none", color: "light-dark(#5c5c5c, #b0b0b0)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "light-dark(#b3d7f2, #24496a)",
  },
  ".cm-matchingBracket": { backgroundColor: "light-dark(#cfe8d9, #1f4d3c) !important" },
  ".cm-placeholder": { color: "light-dark(#5c5c5c, #b0b0b0)" },
  ".cm-tooltip": {
    backgroundColor: "var(--st-background-color)",
    border: "1px solid var(--st-border-color)",
    color: "var(--st-text-color)",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--st-primary-color)",
    color: "light-dark(#fff, #000)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { maxHeight: "8.5rem" },
  ".cm-completionInfo": { maxWidth: "22rem", whiteSpace: "normal" },
  ".cm-diagnostic-error": { borderLeftColor: "#d55e00" },
})

// Columns: of the tables that the text names, else of all tables.
function columns(tables) {
  return (context) => {
    const word = context.matchBefore(/\w+/)
    if ((!word && !context.explicit) || inText(context)) return null
    const text = context.state.doc.toString()
    const named = Object.keys(tables).filter((table) => new RegExp(`\\b${table}\\b`).test(text))
    const found = new Map()
    for (const table of named.length ? named : Object.keys(tables)) {
      for (const column of tables[table]) {
        const { name, type, text: info } = column
        if (!found.has(name)) found.set(name, { label: name, type: "property", detail: type, info: info || undefined, boost: 2 })
      }
    }
    return { from: word ? word.from : context.pos, options: [...found.values()], validFor: /^\w*$/ }
  }
}

function functions(names) {
  const options = names.map((name) => snippetCompletion(`${name}(\${})`, { label: name, type: "function", boost: -1 }))
  return (context) => {
    const word = context.matchBefore(/\w{2,}/)
    return word && !inText(context) ? { from: word.from, options, validFor: /^\w*$/ } : null
  }
}

// Inside a string or a comment nothing is completed.
function inText(context) {
  return /String|Comment/.test(syntaxTree(context.state).resolveInner(context.pos, -1).name)
}

function language({ tables, functions: names, keywords, types }) {
  const dialect = SQLDialect.define({
    keywords: keywords.join(" ").toLowerCase(),
    types: types.join(" ").toLowerCase(),
    backslashEscapes: true,
    hashComments: true,
    identifierQuotes: '`"',
  })
  const schema = {}
  for (const [table, own] of Object.entries(tables)) {
    schema[table] = own.map(({ name, type, text }) => ({ label: name, type: "property", detail: type, info: text || undefined }))
  }
  return [
    sql({ dialect, schema, upperCaseKeywords: true }),
    dialect.language.data.of({ autocomplete: columns(tables) }),
    dialect.language.data.of({ autocomplete: functions(names) }),
  ]
}

function create(parent, own) {
  const { data } = own
  const commit = (view) => {
    const text = view.state.doc.toString()
    if (text !== own.committed) {
      own.committed = text
      own.setStateValue("value", text)
    }
  }
  const run = (view) => {
    commit(view) // the text and the trigger reach the page together
    own.setTriggerValue("run", own.committed)
    return true
  }
  own.committed = data.value
  own.version = data.version
  own.words = new Compartment()
  const state = EditorState.create({
    doc: data.value,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-Enter", run }])),
      lineNumbers(),
      history(),
      drawSelection(),
      highlightSpecialChars(), // shows what would turn the text around
      // The page hides what reaches beyond the component, so a list opens above or below the line, inside.
      tooltips({ tooltipSpace: (view) => view.dom.getBoundingClientRect() }),
      bracketMatching(),
      closeBrackets(),
      autocompletion({ icons: false }),
      EditorView.lineWrapping,
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
      syntaxHighlighting(colours),
      look,
      placeholder(data.placeholder),
      EditorState.phrases.of({ Completions: data.completions }),
      EditorView.contentAttributes.of({ "aria-label": data.label, spellcheck: "false", lang: "en" }),
      EditorView.domEventHandlers({ blur: (_, view) => commit(view) }),
      own.words.of(language(data)),
    ],
  })
  own.view = new EditorView({ state, parent: parent.querySelector(".editor"), root: parent })
  own.vocabulary = vocabulary(data)
}

function vocabulary({ tables, functions: names, keywords }) {
  return JSON.stringify([tables, names.length, keywords.length])
}

function update(own) {
  const { data, view } = own
  if (data.version !== own.version) {
    own.version = data.version
    // The first version is the text of a page that opens. If the page has lost its session, the editor has a later text.
    if (data.version > 1) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: data.value } })
    }
    own.committed = view.state.doc.toString()
    // With each change of a control the browser sends the state that it knows, in place of the text that the page has set.
    own.setStateValue("value", own.committed)
  }
  if (vocabulary(data) !== own.vocabulary) {
    own.vocabulary = vocabulary(data)
    view.dispatch({ effects: own.words.reconfigure(language(data)) })
  }
  const mark = JSON.stringify(data.problem)
  if (mark !== own.mark) {
    own.mark = mark
    const length = view.state.doc.length
    const at = (place) => Math.max(0, Math.min(place, length))
    const problems = data.problem
      ? [{ from: at(data.problem.from), to: at(data.problem.to), severity: "error", message: data.problem.message }]
      : []
    view.dispatch(setDiagnostics(view.state, problems))
  }
}

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component
  const own = editors.get(parentElement) ?? {}
  Object.assign(own, { data, setStateValue, setTriggerValue })
  if (!own.view) {
    editors.set(parentElement, own)
    create(parentElement, own)
  }
  update(own)
  return () => {
    own.view.destroy()
    editors.delete(parentElement)
  }
}
