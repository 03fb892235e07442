// What the engine uses of `pg`.
const { escapeIdentifier, escapeLiteral } = require("pg/lib/utils.js");

exports.Client = require("pg/lib/client.js");
exports.escapeIdentifier = escapeIdentifier;
exports.escapeLiteral = escapeLiteral;
