import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rawMembers } from './raw-members.js';

describe('rawMembers', () => {
  it('finds in any object the text of which JSON.parse makes the value', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    const indent = fc.constantFrom(0, 1, '\t');
    fc.assert(
      fc.property(object, fc.string(), fc.jsonValue(), indent, (others, name, value, space) => {
        fc.pre(name !== '__proto__');
        const json = JSON.stringify({ ...others, [name]: value }, null, space);
        expect(JSON.parse(rawMembers(json).get(name) ?? '')).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });

  it('finds nothing that is not a member of the object itself', () => {
    expect(rawMembers('{"a":{"id":1},"b":["id",2],"c":"\\"id\\":3"}').get('id')).toBeUndefined();
    expect(rawMembers('{}').get('id')).toBeUndefined();
  });
});
