/**
 * The bureau's closed lists, as its field reference gives them. They are offered whole, not only as far as the rows
 * happen to use them: a form for the country offers every state.
 */
export const SUBMITTED_VIA = ['Email', 'Fax', 'Phone', 'Postal mail', 'Referral', 'Web', 'Web Referral'];

export const CONSENT = ['Consent provided', 'Consent not provided', 'Consent withdrawn', 'Other', 'N/A'];
export const CONSENT_PROVIDED = 'Consent provided';

export const COMPANY_RESPONSE = [
  'Closed',
  'Closed with explanation',
  'Closed with monetary relief',
  'Closed with non-monetary relief',
  'Closed with relief',
  'Closed without relief',
  'In progress',
  'Untimely response',
];

export const PUBLIC_RESPONSE = [
  'Company believes complaint caused principally by actions of third party outside the control or direction of the company',
  'Company believes complaint is the result of an isolated error',
  'Company believes complaint relates to a discontinued policy or procedure',
  'Company believes complaint represents an opportunity for improvement to better serve consumers',
  'Company believes it acted appropriately as authorized by contract or law',
  "Company believes the complaint provided an opportunity to answer consumer's questions",
  'Company believes the complaint is the result of a misunderstanding',
  "Company can't verify or dispute the facts in the complaint",
  'Company chooses not to provide a public response',
  'Company disputes the facts presented in the complaint',
  'Company has responded to the consumer and the CFPB and chooses not to provide a public response',
];

export const TAGS = ['Older American', 'Servicemember'];

export const DISPUTED = ['Yes', 'No', 'N/A'];

/** Abbreviations of the Postal Service, and the one name that the bureau writes out. */
export const STATES: Readonly<Record<string, string>> = {
  AL: 'Alabama',
  AK: 'Alaska',
  AS: 'American Samoa',
  AZ: 'Arizona',
  AR: 'Arkansas',
  AA: 'Armed Forces Americas',
  AE: 'Armed Forces Europe, the Middle East, Africa and Canada',
  AP: 'Armed Forces Pacific',
  CA: 'California',
  CO: 'Colorado',
  CT: 'Connecticut',
  DE: 'Delaware',
  DC: 'District of Columbia',
  FM: 'Federated States of Micronesia',
  FL: 'Florida',
  GA: 'Georgia',
  GU: 'Guam',
  HI: 'Hawaii',
  ID: 'Idaho',
  IL: 'Illinois',
  IN: 'Indiana',
  IA: 'Iowa',
  KS: 'Kansas',
  KY: 'Kentucky',
  LA: 'Louisiana',
  ME: 'Maine',
  MH: 'Marshall Islands',
  MD: 'Maryland',
  MA: 'Massachusetts',
  MI: 'Michigan',
  MN: 'Minnesota',
  MS: 'Mississippi',
  MO: 'Missouri',
  MT: 'Montana',
  NE: 'Nebraska',
  NV: 'Nevada',
  NH: 'New Hampshire',
  NJ: 'New Jersey',
  NM: 'New Mexico',
  NY: 'New York',
  NC: 'North Carolina',
  ND: 'North Dakota',
  MP: 'Northern Mariana Islands',
  OH: 'Ohio',
  OK: 'Oklahoma',
  OR: 'Oregon',
  PW: 'Palau',
  PA: 'Pennsylvania',
  PR: 'Puerto Rico',
  RI: 'Rhode Island',
  SC: 'South Carolina',
  SD: 'South Dakota',
  TN: 'Tennessee',
  TX: 'Texas',
  UT: 'Utah',
  VT: 'Vermont',
  VI: 'U.S. Virgin Islands',
  VA: 'Virginia',
  WA: 'Washington',
  WV: 'West Virginia',
  WI: 'Wisconsin',
  WY: 'Wyoming',
  'UNITED STATES MINOR OUTLYING ISLANDS': 'United States Minor Outlying Islands',
};
