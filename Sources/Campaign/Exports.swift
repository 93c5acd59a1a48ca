// The library's own vocabulary: who imports `Campaign` has its episodes, tokens and records too.
@_exported import Episodes
@_exported import Records
