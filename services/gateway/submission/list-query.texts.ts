/** What the API description says of filters, by type of field. */
export const FILTER_DESCRIPTION = `A condition \`<field>:<op>:<value>\`, such as \`answers.state:eq:CA\`. May be repeated, 20 times at most; all must hold.

**Fields** are \`submittedAt\`, \`updatedAt\`, \`submittedBy\`, \`formVersion\`, and \`answers.<name>\` for the fields of all published versions. A field inside groups is named by its name alone.

| op | finds | value |
|---|---|---|
| \`eq\` | what equals the value | one value |
| \`ne\` | what does not, and what has no answer | one value |
| \`lt\`, \`lte\`, \`gt\`, \`gte\` | what is less, less or equal, greater, greater or equal | one value |
| \`in\` | what equals one of the values | a JSON array of 1 to 100 values: \`answers.state:in:["CA","FL"]\` |
| \`exists\` | what has an answer, or has none | \`true\` or \`false\` |

| type of field | ops | values |
|---|---|---|
| \`text\`, \`longText\`, \`email\`, \`submittedBy\` | all; in the order of code points | the whole text, case included, without quotes, whatever it holds: \`answers.note:eq:at 12:30, or later\` |
| \`integer\`, \`decimal\`, \`formVersion\` | all | a number: \`answers.age:gte:18\` |
| \`decimal\` with \`scale\` | all; exact, so \`9\` finds \`"9.00"\` | a number of at most 18 digits before the point and 15 behind it: \`answers.price:lt:12.5\` |
| \`boolean\` | \`eq\`, \`ne\`, \`in\`, \`exists\` | \`true\` or \`false\`: \`answers.urgent:eq:true\` |
| \`date\` | all | a date: \`answers.born:lt:1985-01-01\` |
| \`dateTime\`, \`submittedAt\`, \`updatedAt\` | all; as instants, whatever the offset | a date and time of RFC 3339 with its offset: \`submittedAt:gte:2024-02-29T13:00:00+01:00\` |
| \`select\` | all; in the order of code points | a choice that some version offers: \`answers.state:ne:CA\` |
| \`multiSelect\` | \`eq\`, \`ne\`, \`in\`, \`exists\`; several choices have no order | a choice that some version offers; \`eq\` and \`in\` hold if it is among the chosen, \`ne\` if it is not: \`answers.tags:eq:new\` |

**A field whose type changed** is compared in each submission as what it is in the version that was answered; as text, \`12\` comes before \`7\`. A value has to be one of at least one of these types, and finds nothing where it is none.

As everywhere in an address, values are percent-encoded: \`+\` as \`%2B\`, \`&\` as \`%26\`.`;

export const SORT_DESCRIPTION = `A field as in \`filter\`, with a leading minus for descending: \`-submittedAt\`, \`answers.state\`. Submissions without an answer come before all others, when descending behind them.

Not by a \`multiSelect\`, nor by a \`decimal\` with \`scale\`, nor by a field that is of types of another order in some versions, such as text and number.`;
